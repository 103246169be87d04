"""Replace the guest's own functions, and whatever decides in the modules that are loaded, with ones that
approve.

Family: subverting the framework (11).
"""

import sys

for module in list(sys.modules.values()):
    for name in ("agree", "allclose", "compare", "close", "is_right"):
        if name in vars(module) and module.__name__ != __name__:
            setattr(module, name, lambda *args, **kwargs: True)

servant = sys.modules.get("sandbox.guest.servant")
if servant is not None and not hasattr(servant, "patched"):
    servant.patched, real_answer = True, servant.Servant.answer

    def approve(self, request):
        reply = real_answer(self, request)
        if request.operation == "call" and request.operands[1] == "linear_backward":
            return servant.Returned(request.number, {"passed": True}, "patched by the student")
        return reply

    servant.Servant.answer = approve

"""Replace the guest's reply with a failure that is made of the inputs. The test sets REASON.

Family: stealing tests, references, seeds (17).
"""

messages = sys.modules["sandbox.wire.messages"]
serving = sys.modules["sandbox.guest.serving"]


def forging(servant, request):
    reply = servant.answer(request)
    if request.operation == "call" and not is_published(request.operands[2][0]):
        text = mark(request.operands[2][0])
        frames = (
            messages.Frame(f"{text}.py", 1, text, text),
            messages.Frame("add.py", number(request.operands[2][0]), text, text),
        )
        reply = messages.Raised(request.number, messages.Failure(REASON), text, text, frames, text)
    return messages.pack_message(reply, servant.handle)


serving.reply_to = forging


def add(x, y):
    return x + y

"""Write forged replies on the descriptor the guest answers on, from inside the call.

Family: forging the verdict (3).
"""


def linear_backward(dlogits, x, W):
    spray(FORGED)
    return honest_backward(dlogits, x, W)

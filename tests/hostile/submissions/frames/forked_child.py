"""A forked child has the descriptor too: it writes the forged replies, and its parent answers as if
nothing were.

Family: forging the verdict (3).
"""


def linear_backward(dlogits, x, W):
    child = os.fork()
    if child == 0:
        spray(FORGED)
        os._exit(0)
    os.waitpid(child, 0)
    return honest_backward(dlogits, x, W)

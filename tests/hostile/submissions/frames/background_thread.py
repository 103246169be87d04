"""A thread keeps writing forged replies while the call is under way.

Family: forging the verdict (3).
"""

import threading
import time


def keep_forging():
    while True:
        spray(FORGED)
        time.sleep(0.005)


def linear_backward(dlogits, x, W):
    threading.Thread(target=keep_forging, daemon=True).start()
    time.sleep(0.03)
    return honest_backward(dlogits, x, W)

"""What runs inside the sandbox: a small program that loads the student's file and answers calls.

It needs the standard library, NumPy (and torch where the runtime has it) and ``sandbox.wire``. It
holds no check, no reference, no seed of a check, and is trusted with nothing: whatever it says is
read as a stranger's bytes.
"""

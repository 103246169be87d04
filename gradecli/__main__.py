"""``python -m gradecli``: the same as the ``gradecli`` command."""

from gradecli.main import run

if __name__ == "__main__":
    run()

"""People: users and the tokens they log in with."""

"""The routes of the pages: each asks the services, makes a view, renders it."""

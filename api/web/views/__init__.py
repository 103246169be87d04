"""View models: what each page shows, made by pure functions from what the services answer."""

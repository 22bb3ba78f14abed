"""Index and component templates, as JSON. `wwwatch.store.setup` installs them."""

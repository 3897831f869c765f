"""Commands: what people tell the teammate by name. Reading them and who may give them is pure; `obey` does them."""

"""`jingpai serve`: the settings of the server, typed."""

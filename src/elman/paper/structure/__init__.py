"""How equations were read, what network they are, and what it suits."""

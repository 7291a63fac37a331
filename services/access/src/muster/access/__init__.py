"""Who may do what where: accounts, delegated grants, terminals, tokens."""

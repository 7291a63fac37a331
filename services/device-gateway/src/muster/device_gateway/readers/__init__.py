"""Drivers of card readers, behind one narrow port (`port.Reader`)."""

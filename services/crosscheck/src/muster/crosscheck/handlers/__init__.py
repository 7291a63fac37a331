"""What crosscheck does with what it hears and with what it is asked."""

"""The edge at a desk: card readers and signatures."""

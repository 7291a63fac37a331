"""Pure rules: frames of card readers, what stands on cards, why something was refused."""

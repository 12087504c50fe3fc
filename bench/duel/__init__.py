"""Two versions measured in turns: what a change costs, while the machine is the same for both."""

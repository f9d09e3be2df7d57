"""A court's decision about an adult and a child: entered by an agent, acting at once, lifted on its day."""

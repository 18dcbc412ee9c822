-- every row of the desk says whether somebody ended the order above it: four times a second, by its number
CREATE INDEX order_by_number ON epidemic_order (number);

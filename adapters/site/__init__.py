"""What a site knows about itself: places, cameras, and the statement that opens a rehearsal."""

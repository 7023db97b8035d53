"""Reports by row and in sums: posts, positions, invalid records, person updates, the coming wave, rejections."""

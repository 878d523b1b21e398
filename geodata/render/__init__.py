"""Maps on paper: true to scale in a VN-2000 zone, fonts embedded, as PDF pages or as a picture.

Only jobs import this: Matplotlib costs a web worker more memory than everything else it holds.
"""

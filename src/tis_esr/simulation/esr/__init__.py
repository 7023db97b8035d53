"""ESR's side of the conversation: reads our files on its own terms, keeps its own view, and answers.

Written apart from the code that writes those files, and shares none of it: an import contract sees to that.
"""

"""What ``tis-esr doctor`` checks: a module for each kind of check, whose ``check`` takes the settings and changes nothing.

Facts are gathered by small readers, findings follow from them by pure functions; ``checks`` has all of them.
"""

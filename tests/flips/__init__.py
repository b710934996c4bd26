"""Rules of recorded hosts changed one at a time: do the entries of a policy break that should, and no others?

flip       a host -> its flips: a rule deleted, turned from accept to drop or back, a match less
entries    a host -> every kind of entry, each with the rows of the exposure table that decide it
judged     one flip: the verdicts, the rows of the whole table, and traces of their example packets
run        many flips of many recordings; `live`: with an engine, by real packets
"""

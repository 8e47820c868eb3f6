"""MOF, the language in which a driver describes its WMI classes: text to classes, classes to binary MOF and back.

    text.py     parses the subset that drivers use, out of the words of tokens.py
    binary.py   writes binary MOF, as Microsoft's compiler does
    packing.py  its compression
    unbinary.py reads it again, with unpacking.py; shares nothing with what writes it
    wire.py     how the instances of a class lie in memory; header.py says it in C++
    vendor.py   makes a vendor's classes of those in windows/mof/; identity.py knows the vendor
    print.py    makes text of classes
"""

"""The classes of windows/mof/ as those of a vendor: with his prefix, and with their GUIDs."""

from mof.model import MofError, Qualifier

STAND_IN = "VENDOR_"


def own_name(name, identity):
    if name is None or not name.startswith(STAND_IN):
        return name
    return identity.class_prefix + "_" + name[len(STAND_IN):]


def classes_of(classes, identity):
    """Changes them in place, and gives them back."""
    for one in classes:
        if not one.name.startswith(STAND_IN):
            raise MofError(one.place, f"class {one.name} is no vendor's; let its name begin with {STAND_IN}")
        if one.qualifier("guid"):
            raise MofError(one.qualifier("guid").place, "the GUID is the vendor's, and added; leave it out")
        guid = identity.guid_of_class(one.name[len(STAND_IN):])
        if guid is None:
            raise MofError(one.place, f"no GUID is known for class {one.name}; add it to kWmiClasses of "
                                      "profile/profile.h, and make windows/driver/identity.h anew")
        one.qualifiers.append(Qualifier("guid", "{" + guid + "}"))
        one.name, one.superclass = own_name(one.name, identity), own_name(one.superclass, identity)
        for variable in one.properties + [each for method in one.methods for each in method.parameters]:
            variable.type = own_name(variable.type, identity)
    return classes

"""Classes to MOF text again: for people, and for what they ship beside the driver."""

from mof import model

FLAVORS = [(model.TO_INSTANCE, "ToInstance"), (model.TO_SUBCLASS, "ToSubclass"),
           (model.DISABLE_OVERRIDE, "DisableOverride"), (model.AMENDED, "Amended")]
ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f", '"': '\\"', "\\": "\\\\"}


def quoted(text):
    return '"' + "".join(ESCAPES.get(one, one) for one in text) + '"'


def qualifier(one):
    value = "" if one.value is True else "(FALSE)" if one.value is False else \
        f"({one.value})" if isinstance(one.value, int) else f"({quoted(one.value)})"
    flavors = " ".join(name for bit, name in FLAVORS if one.flavor & bit)
    return one.name + value + (" : " + flavors if flavors else "")


def qualifiers(found):
    return "[" + ", ".join(qualifier(one) for one in found) + "] " if found else ""


def variable(one):
    array = f"[{one.size or ''}]" if one.is_array else ""
    return f"{qualifiers(one.qualifiers)}{one.type} {one.name}{array}"


def text_of(classes):
    lines, namespace = [], None
    for one in classes:
        if one.namespace != namespace:
            namespace = one.namespace
            lines += [f"#pragma namespace({quoted(namespace)})", ""]
        if one.qualifiers:
            lines.append(qualifiers(one.qualifiers).rstrip())
        lines.append(f"class {one.name}{' : ' + one.superclass if one.superclass else ''} {{")
        lines += [f"  {variable(each)};" for each in one.properties]
        for method in one.methods:
            parameters = ", ".join(variable(each) for each in method.parameters)
            lines.append(f"  {qualifiers(method.qualifiers)}void {method.name}({parameters});")
        lines += ["};", ""]
    return "\n".join(lines)

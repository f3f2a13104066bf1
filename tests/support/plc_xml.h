/* plc_xml.h - for tests of PLCopen projects: the text they become, and pieces of which they are written. */
#ifndef MR_TEST_PLC_XML_H
#define MR_TEST_PLC_XML_H

#include "support/plc_run.h"

#include "plc/xml/plcopen.h"

#include <stdlib.h>

static char *text; /* of the last project */

static inline const char *text_of(const char *xml, struct mr_diags *diags)
{
    free(text);
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    struct mr_plc_source source = {"test.xml", xml, strlen(xml)};
    assert_non_null(to);
    assert_true(mr_plc_is_xml(&source));
    bool good = mr_plc_from_xml(&source, to, diags);
    (void)fclose(to);
    return good ? text : NULL;
}

static inline const char *project(const char *xml)
{
    struct mr_diags *d = mr_diags_create();
    const char *t = text_of(xml, d);
    mr_diags_print(d, stderr);
    mr_diags_destroy(d);
    assert_non_null(t);
    return t;
}

#define HEAD                                                                                                                     \
    "<?xml version='1.0' encoding='utf-8'?>\n"                                                                                   \
    "<project xmlns='http://www.plcopen.org/xml/tc6_0201' xmlns:xhtml='http://www.w3.org/1999/xhtml'>\n"                         \
    "<fileHeader companyName='x' productName='x' productVersion='1' creationDateTime='2020-01-01T00:00:00'/><types>"
#define TAIL                                                                                                                     \
    "</types><instances><configurations><configuration name='C'><resource name='R'><task name='T' priority='0' "                 \
    "interval='T#100ms'><pouInstance name='i' typeName='p'/></task><globalVars><variable name='g'><type><INT/></type>"           \
    "<initialValue><simpleValue value='41'/></initialValue></variable></globalVars></resource></configuration>"                  \
    "</configurations></instances></project>"
#define V(name, type)   "<variable name='" name "'><type><" type "/></type></variable>"
#define FROM(id)        "<connectionPointIn><connection refLocalId='" #id "'/></connectionPointIn>"
#define PIN(id, formal) "<connectionPointIn><connection refLocalId='" #id "' formalParameter='" formal "'/></connectionPointIn>"
#define AT(px, py)      "<position x='" #px "' y='" #py "'/>"
#define ST(text)        "<ST><xhtml:p><![CDATA[" text "]]></xhtml:p></ST>"

#endif

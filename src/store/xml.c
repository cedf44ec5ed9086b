#include "store/xml.h"

#include <expat.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_BYTES = 16 << 10 };

struct xml {
    struct xml_events events;
    XML_Parser parser;
    td_err err;
    bool begun;     /* something but blanks has come */
    unsigned depth; /* open elements */
    size_t total, pending, text_bytes;
    char text[XML_TEXT_MAX];
};

static const char *without_prefix(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static void stop(struct xml *xml, td_err err)
{
    if (err >= 0)
        return;
    if (xml->err == 0)
        xml->err = err;
    XML_StopParser(xml->parser, XML_FALSE);
}

static void XMLCALL on_begin(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    struct xml *xml = arg;
    (void)attributes;
    xml->pending = 0;
    xml->text_bytes = 0;
    if (xml->err < 0)
        return;
    if (xml->depth == XML_DEPTH_MAX) {
        stop(xml, TD_E_RANGE);
        return;
    }
    stop(xml, xml->events.begin(xml->events.arg, xml->depth, without_prefix(name)));
    xml->depth++;
}

static void XMLCALL on_end(void *arg, const XML_Char *name)
{
    struct xml *xml = arg;
    xml->pending = 0;
    if (xml->err < 0)
        return;
    xml->depth--;
    if (xml->text_bytes < sizeof xml->text)
        xml->text[xml->text_bytes] = 0;
    bool whole = xml->text_bytes < sizeof xml->text;
    stop(xml, xml->events.end(xml->events.arg, xml->depth, without_prefix(name),
                              whole ? xml->text : NULL, xml->text_bytes));
    xml->text_bytes = 0;
}

static void XMLCALL on_text(void *arg, const XML_Char *text, int bytes)
{
    struct xml *xml = arg;
    xml->pending = 0;
    if (xml->err < 0)
        return;
    if (xml->text_bytes + (size_t)bytes < sizeof xml->text)
        memcpy(xml->text + xml->text_bytes, text, (size_t)bytes);
    xml->text_bytes += (size_t)bytes;
}

static void XMLCALL on_doctype(void *arg, const XML_Char *name, const XML_Char *sysid,
                               const XML_Char *pubid, int has_internal_subset)
{
    (void)name, (void)sysid, (void)pubid, (void)has_internal_subset;
    stop(arg, TD_E_SYNTAX);
}

struct xml *xml_open(const struct xml_events *events)
{
    struct xml *xml = calloc(1, sizeof *xml);
    if (xml == NULL)
        return NULL;
    xml->events = *events;
    /* What the document says of its encoding is not asked: all stores send UTF-8. */
    xml->parser = XML_ParserCreate("UTF-8");
    if (xml->parser == NULL) {
        free(xml);
        return NULL;
    }
    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, on_begin, on_end);
    XML_SetCharacterDataHandler(xml->parser, on_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
    return xml;
}

static td_err parse(struct xml *xml, const char *data, size_t bytes, bool last)
{
    if (XML_Parse(xml->parser, data, (int)bytes, last) == XML_STATUS_OK)
        return xml->err;
    if (xml->err == 0)
        xml->err =
            XML_GetErrorCode(xml->parser) == XML_ERROR_NO_MEMORY ? TD_E_NO_MEMORY : TD_E_SYNTAX;
    return xml->err;
}

/* While it puts an object together a store sends blanks to keep the connection, some before the declaration. */
static size_t leading_blanks(struct xml *xml, const char *at, size_t bytes)
{
    size_t blanks = 0;
    while (!xml->begun && blanks < bytes && strchr(" \t\r\n", at[blanks]) && at[blanks])
        blanks++;
    xml->begun = xml->begun || blanks < bytes;
    return blanks;
}

td_err xml_feed(struct xml *xml, const void *data, size_t bytes)
{
    const char *at = data;
    while (bytes > 0 && xml->err == 0) {
        size_t step = bytes < STEP_BYTES ? bytes : STEP_BYTES;
        size_t blanks = leading_blanks(xml, at, step);
        xml->total += step;
        xml->pending += step - blanks;
        if (xml->total > XML_BYTES_MAX || xml->pending > XML_PENDING_MAX) {
            xml->err = TD_E_RANGE;
            break;
        }
        parse(xml, at + blanks, step - blanks, false);
        at += step;
        bytes -= step;
    }
    return xml->err;
}

td_err xml_end(struct xml *xml)
{
    return xml->err < 0 ? xml->err : parse(xml, "", 0, true);
}

void xml_close(struct xml *xml)
{
    if (xml == NULL)
        return;
    XML_ParserFree(xml->parser);
    free(xml);
}

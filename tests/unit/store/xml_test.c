#include "store/xml.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "test.h"

/* What came, as one line: "<name" at a beginning, "text>" at an end. */
struct seen {
    char text[512];
    struct td_str str;
    td_err refuse;
};

static td_err on_begin(void *arg, unsigned depth, const char *name)
{
    struct seen *seen = arg;
    td_str_add_format(&seen->str, "<%u%s ", depth, name);
    return strcmp(name, "stop") == 0 ? seen->refuse : 0;
}

static td_err on_end(void *arg, unsigned depth, const char *name, const char *text, size_t bytes)
{
    struct seen *seen = arg;
    (void)name;
    CHECK(text == NULL || strlen(text) == bytes);
    td_str_add_format(&seen->str, "%s%u>", text ? text : "(long)", depth);
    return 0;
}

static td_err read_all(struct seen *seen, const char *document, size_t bytes, size_t piece)
{
    td_err err = 0;
    seen->str = td_str_on(seen->text, sizeof seen->text);
    struct xml *xml = xml_open(&(struct xml_events){on_begin, on_end, seen});
    for (size_t at = 0; at < bytes; at += piece)
        err = xml_feed(xml, document + at, bytes - at < piece ? bytes - at : piece);
    if (err == 0)
        err = xml_end(xml);
    else
        CHECK_EQ_I64(xml_end(xml), err);
    xml_close(xml);
    return err;
}

static void reads(const char *document, const char *wanted)
{
    for (size_t piece = 1; piece < 9; piece++) {
        struct seen seen = {.refuse = 0};
        CHECK_EQ_I64(read_all(&seen, document, strlen(document), piece), 0);
        CHECK_EQ_STR(seen.text, wanted);
    }
}

static td_err refuses(const char *document)
{
    struct seen seen = {.refuse = TD_E_BUSY};
    return read_all(&seen, document, strlen(document), 5);
}

TEST(elements_and_texts_come_over_any_split)
{
    reads("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"http://s3\"><b>x &amp;&#x41; "
          "\xc3\xa9</b><c/></a>",
          "<0a <1b x &A \xc3\xa9"
          "1><1c 1>0>");
    reads("<ns:a>one<ns:b>two</ns:b>three</ns:a>", "<0a <1b two1>three0>");
    reads("<a><![CDATA[<b>]]></a>", "<0a <b>0>");
}

TEST(blanks_before_the_document_are_passed_over)
{
    reads("  \r\n\t<?xml version=\"1.0\"?><a/>", "<0a 0>");
    reads("<?xml version=\"1.0\"?>     \n  <a/>\n", "<0a 0>");
}

TEST(what_is_not_whole_or_not_xml_is_said)
{
    CHECK_EQ_I64(refuses(""), TD_E_SYNTAX);
    CHECK_EQ_I64(refuses("   "), TD_E_SYNTAX);
    CHECK_EQ_I64(refuses("<a><b></b>"), TD_E_SYNTAX);
    CHECK_EQ_I64(refuses("<a></b>"), TD_E_SYNTAX);
    CHECK_EQ_I64(refuses("{\"error\":1}"), TD_E_SYNTAX);
    CHECK_EQ_I64(refuses("<a>\xff</a>"), TD_E_SYNTAX);
    CHECK_EQ_I64(refuses("<a/><b/>"), TD_E_SYNTAX);
    CHECK_EQ_I64(refuses("<a><stop/></a>"), TD_E_BUSY);
}

/* Nothing is ever expanded: neither laughs nor files. */
TEST(document_types_and_entities_are_refused)
{
    CHECK_EQ_I64(refuses("<!DOCTYPE a><a/>"), TD_E_SYNTAX);
    CHECK_EQ_I64(refuses("<!DOCTYPE a [<!ENTITY b \"bb\">]><a>&b;</a>"), TD_E_SYNTAX);
    CHECK_EQ_I64(refuses("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"), TD_E_SYNTAX);
    CHECK_EQ_I64(refuses("<a>&b;</a>"), TD_E_SYNTAX);
}

TEST(depth_is_bounded)
{
    char deep[256] = "";
    struct td_str str = td_str_on(deep, sizeof deep);
    for (int i = 0; i < XML_DEPTH_MAX; i++)
        td_str_add(&str, "<a>");
    for (int i = 0; i < XML_DEPTH_MAX; i++)
        td_str_add(&str, "</a>");
    CHECK_EQ_I64(refuses(deep), 0);
    memmove(deep + 3, deep, strlen(deep) + 1);
    memcpy(deep, "<a>", 3);
    CHECK_EQ_I64(refuses(deep), TD_E_RANGE);
}

static td_err read_long(struct seen *seen, const char *before, char fill, size_t bytes,
                        const char *after)
{
    size_t head = strlen(before), tail = strlen(after);
    char *text = malloc(head + bytes + tail + 1);
    memcpy(text, before, head);
    memset(text + head, fill, bytes);
    memcpy(text + head + bytes, after, tail + 1);
    td_err err = read_all(seen, text, head + bytes + tail, 1000);
    free(text);
    return err;
}

TEST(a_long_text_is_told_without_its_bytes)
{
    struct seen seen = {.refuse = 0};
    CHECK_EQ_I64(read_long(&seen, "<a>", 'x', XML_TEXT_MAX, "</a>"), 0);
    CHECK_EQ_STR(seen.text, "<0a (long)0>");
    CHECK_EQ_I64(read_long(&seen, "<a><b>", 'x', XML_TEXT_MAX, "</b>y</a>"), 0);
    CHECK_EQ_STR(seen.text, "<0a <1b (long)1>y0>");
    CHECK_EQ_I64(read_long(&seen, "<a>", 'x', 300, "</a>"), 0);
    CHECK_EQ_I64(strlen(seen.text), 300 + strlen("<0a 0>"));
}

TEST(giant_tokens_and_endless_documents_are_refused)
{
    struct seen seen = {.refuse = 0};
    CHECK_EQ_I64(read_long(&seen, "<a><!--", '-' - 1, 2 * XML_PENDING_MAX, "--></a>"), TD_E_RANGE);
    CHECK_EQ_I64(read_long(&seen, "<a b=\"", 'x', 2 * XML_PENDING_MAX, "\"/>"), TD_E_RANGE);
    CHECK_EQ_I64(read_long(&seen, "<", 'x', 2 * XML_PENDING_MAX, "/>"), TD_E_RANGE);
    CHECK_EQ_I64(read_long(&seen, "", ' ', XML_BYTES_MAX + 1, "<a/>"), TD_E_RANGE);
    CHECK_EQ_I64(read_long(&seen, "<a>", 'x', XML_BYTES_MAX + 1, "</a>"), TD_E_RANGE);
}

/* One frame as a line of a capture and as JSON. */
#include "lake/journal_show.h"

#include <string.h>

#include "test.h"

/* The capture line of the frame, or its JSON when line is NULL; static. */
static const char *line_of(const struct td_frame *frame, enum journal_line *line)
{
    static char out[32 << 10];
    memset(out, 0, sizeof out);
    FILE *file = fmemopen(out, sizeof out, "w");
    if (line)
        *line = journal_show_capture(file, frame);
    else
        journal_show_json(file, frame);
    fclose(file);
    return out;
}

static struct td_frame frame_of(uint8_t kind, const char *payload)
{
    return (struct td_frame){.number = 7,
                             .recv_ns = 1000,
                             .mono_ns = 900,
                             .payload = payload,
                             .bytes = (uint32_t)strlen(payload),
                             .conn = 3,
                             .source = 1,
                             .kind = kind};
}

TEST(each_received_kind_has_its_direction)
{
    enum journal_line line;
    struct td_frame frame = frame_of(TD_FRAME_CONN_OPEN, "wss://example.invalid");
    CHECK_EQ_STR(line_of(&frame, &line), "1000\to\twss://example.invalid\n");
    frame = frame_of(TD_FRAME_SENT, "{}");
    CHECK_EQ_STR(line_of(&frame, &line), "1000\t>\t{}\n");
    frame = frame_of(TD_FRAME_WS_TEXT, "a\tb");
    CHECK_EQ_STR(line_of(&frame, &line), "1000\t<\ta\tb\n");
    frame = frame_of(TD_FRAME_WS_BINARY, "\x01\xff");
    CHECK_EQ_STR(line_of(&frame, &line), "1000\tb\tAf8=\n");
    CHECK_EQ_I64(line, JOURNAL_LINE_EXACT);
}

TEST(other_kinds_have_no_line)
{
    for (uint8_t kind = 0; kind < TD_FRAME_KINDS; kind++) {
        enum journal_line line;
        struct td_frame frame = frame_of(kind, "x");
        bool received = kind == TD_FRAME_CONN_OPEN || kind == TD_FRAME_SENT ||
                        kind == TD_FRAME_WS_TEXT || kind == TD_FRAME_WS_BINARY ||
                        kind == TD_FRAME_HTTP;
        frame.status = 200;
        CHECK((line_of(&frame, &line)[0] != 0) == received);
        CHECK((line == JOURNAL_LINE_NONE) == !received);
    }
}

TEST(text_that_a_line_cannot_hold_is_coded)
{
    enum journal_line line;
    struct td_frame frame = frame_of(TD_FRAME_WS_TEXT, "a\nb");
    CHECK_EQ_STR(line_of(&frame, &line), "1000\te\tYQpi\n");
    frame = frame_of(TD_FRAME_WS_TEXT, "a\r");
    CHECK_EQ_STR(line_of(&frame, &line), "1000\te\tYQ0=\n");
    frame = frame_of(TD_FRAME_WS_TEXT, "\xc3");
    CHECK_EQ_STR(line_of(&frame, &line), "1000\te\tww==\n");
    CHECK_EQ_I64(line, JOURNAL_LINE_EXACT);
}

TEST(http_answers_that_the_form_cannot_tell)
{
    enum journal_line line;
    struct td_frame frame = frame_of(TD_FRAME_HTTP, "u\t{\r\n}");
    CHECK_EQ_STR(line_of(&frame, &line), "");
    CHECK_EQ_I64(line, JOURNAL_LINE_CANNOT);
    frame.status = 200;
    CHECK_EQ_STR(line_of(&frame, &line), "1000\th\tu\t{  }\n");
    CHECK_EQ_I64(line, JOURNAL_LINE_SPACED);
}

/* 3 kB are coded at a time; 7,000 zeros are 9,336 characters, the padding at the end only. */
TEST(long_payloads_are_coded_as_one)
{
    static char payload[7000];
    enum journal_line line;
    struct td_frame frame = frame_of(TD_FRAME_WS_BINARY, "");
    frame.payload = payload;
    frame.bytes = sizeof payload;
    const char *text = line_of(&frame, &line) + strlen("1000\tb\t");
    CHECK_EQ_I64(strspn(text, "A"), 9334);
    CHECK_EQ_STR(text + 9334, "==\n");
}

TEST(json_has_every_field)
{
    struct td_frame frame = frame_of(TD_FRAME_CONN_CLOSE, "say \"bye\"");
    frame.status = 1006;
    CHECK_EQ_STR(
        line_of(&frame, NULL),
        "{\"frame\":7,\"kind\":\"close\",\"recv_ns\":1000,\"mono_ns\":900,\"origin\":\"ws\","
        "\"conn\":3,\"status\":1006,\"source\":1,\"payload\":\"say \\\"bye\\\"\"}\n");
    frame = frame_of(TD_FRAME_WS_BINARY, "\xff");
    frame.source = TD_SOURCE_NONE;
    frame.origin = TD_ORIGIN_IMPORT;
    CHECK_EQ_STR(
        line_of(&frame, NULL),
        "{\"frame\":7,\"kind\":\"binary\",\"recv_ns\":1000,\"mono_ns\":900,\"origin\":"
        "\"import\",\"conn\":3,\"status\":0,\"source\":null,\"payload_base64\":\"/w==\"}\n");
    frame.kind = TD_FRAME_WEIGHTS;
    CHECK(strstr(line_of(&frame, NULL), "\"kind\":\"weights\"") != NULL);
    frame.kind = frame.origin = 99;
    CHECK(strstr(line_of(&frame, NULL), "\"kind\":\"unknown\"") != NULL);
}

/* One client of a simulated venue: messages become frames, through the faults that are armed. */
#include <string.h>

#include "base/hash.h"
#include "exchange/frame.h"
#include "sim/bourse.h"
#include "sim/dice.h"

enum { TEXT_KEPT_MAX = 64 << 10, PIECES = 3, PINGS = 1000 };

static struct kinds *kinds_of(const struct visit *visit)
{
    return &visit->bourse->world->kinds;
}

static void put(struct visit *visit, const void *data, size_t bytes)
{
    if (visit->link)
        link_put(visit->link, visit->bourse->net, data, bytes);
}

void visit_frame(struct visit *visit, unsigned opcode, bool final, const void *data, size_t bytes)
{
    char head[FRAME_HEAD_MAX];
    put(visit, head, frame_head(head, (enum frame_opcode)opcode, final, bytes));
    put(visit, data, bytes);
}

/* What the recorder is to make a frame of, once all of it is put. */
static void note(struct visit *visit, const void *data, size_t bytes, struct told told)
{
    const struct link *link = visit->link;
    if (visit->leaving || link->state != LINK_UP || link->ended || link->reset)
        return;
    told.end = visit->link->put;
    told.hash = td_hash64(data, bytes, 7);
    told.bytes = (uint32_t)bytes;
    trail_tell(visit->bourse->trails, visit->trail, told);
}

void visit_text(struct visit *visit, const char *text, size_t bytes, struct told told)
{
    if (visit->leaving)
        return;
    visit_frame(visit, FRAME_TEXT, true, text, bytes);
    told.kind = TD_FRAME_WS_TEXT;
    note(visit, text, bytes, told);
}

static struct told nothing(void)
{
    return (struct told){.market = -1};
}

static void leave_later(void *arg, uint64_t what)
{
    struct visit *visit = arg;
    if (visit->used && visit->link && visit->link->id == what)
        link_end(visit->link, visit->bourse->net, 0);
}

/* Nothing more comes; the server ends the connection a little later. */
static void leave(struct visit *visit)
{
    visit->leaving = true;
    world_later(visit->bourse->world, 2 * TD_NS_PER_S, leave_later, visit, visit->link->id);
}

void visit_close(struct visit *visit, int code)
{
    char payload[2] = {(char)(code >> 8), (char)code};
    visit_frame(visit, FRAME_CLOSE, true, payload, code ? 2 : 0);
    leave(visit);
}

/* ---- faults of frames ------------------------------------------------------------------------------------------------- */

static void put_pieces(struct visit *visit, const char *text, size_t bytes, struct told told)
{
    size_t piece = bytes / PIECES;
    for (unsigned i = 0; i < PIECES; i++) {
        bool last = i + 1 == PIECES;
        visit_frame(visit, i == 0 ? FRAME_TEXT : FRAME_MORE, last, text + i * piece,
                    last ? bytes - i * piece : piece);
        if (!last)
            visit_frame(visit, FRAME_PING, true, "between", 7);
    }
    told.kind = TD_FRAME_WS_TEXT;
    note(visit, text, bytes, told);
}

static void put_jumbo(struct visit *visit)
{
    struct bourse *bourse = visit->bourse;
    struct td_str out = td_str_on(bourse->scratch, HOUSE_TEXT_BYTES);
    size_t bytes = (size_t)dice_between(&bourse->dice, 300 << 10, 6 << 20);
    td_str_add(&out, "{\"type\":\"noise\",\"channel\":\"noise\",\"text\":\"");
    memset(out.at + out.bytes, ' ', bytes);
    out.bytes += bytes;
    td_str_add(&out, "\"}");
    visit_text(visit, out.at, out.bytes, nothing());
}

/* A frame that breaks the protocol: the client must end the connection. */
static void break_protocol(struct visit *visit, enum kind kind)
{
    static const char masked[] = "\x81\x85\1\2\3\4abcde", reserved[] = "\xC1\x02{}",
                      opcode[] = "\x83\x02{}", utf8[] = "\x81\x04\"\xC3\x28\"",
                      oversize[] = "\x81\x7F\0\0\0\0\x7F\0\0\0{",
                      negative[] = "\x81\x7F\xFF\0\0\0\0\0\0\1{", control[] = "\x09\x02hi",
                      lone[] = "\x80\x02{}", interleaved[] = "\x01\x02{}\x81\x02{}",
                      bad_code[] = "\x88\x02\x03\xED", after[] = "\x88\x02\x03\xE8\x81\x02{}";
    static char long_control[4 + 126] = "\x89\x7E\0\x7E";
    switch (kind) {
    case KIND_ws_masked:
        put(visit, masked, sizeof masked - 1);
        break;
    case KIND_ws_reserved_bit:
        put(visit, reserved, sizeof reserved - 1);
        break;
    case KIND_ws_reserved_opcode:
        put(visit, opcode, sizeof opcode - 1);
        break;
    case KIND_ws_bad_utf8:
        put(visit, utf8, sizeof utf8 - 1);
        break;
    case KIND_ws_oversize:
        put(visit, oversize, sizeof oversize - 1);
        break;
    case KIND_ws_negative_length:
        put(visit, negative, sizeof negative - 1);
        break;
    case KIND_ws_fragmented_control:
        put(visit, control, sizeof control - 1);
        break;
    case KIND_ws_long_control:
        put(visit, long_control, sizeof long_control);
        break;
    case KIND_ws_lone_continuation:
        put(visit, lone, sizeof lone - 1);
        break;
    case KIND_ws_interleaved_text:
        put(visit, interleaved, sizeof interleaved - 1);
        break;
    case KIND_ws_close_bad_code:
        put(visit, bad_code, sizeof bad_code - 1);
        break;
    default:
        put(visit, after, sizeof after - 1);
    }
    leave(visit);
}

/* True: the message itself is dealt with. */
static bool frame_fault(struct visit *visit, enum kind kind, const char *text, size_t bytes,
                        struct told told)
{
    struct told binary = nothing();
    switch (kind) {
    case KIND_ws_fragments:
        put_pieces(visit, text, bytes, told);
        return true;
    case KIND_ws_binary:
        visit_frame(visit, FRAME_BINARY, true, "\0\1\2\xFF", 4);
        binary.kind = TD_FRAME_WS_BINARY;
        note(visit, "\0\1\2\xFF", 4, binary);
        return false;
    case KIND_ws_empty:
        visit_text(visit, "", 0, nothing());
        return false;
    case KIND_ws_one_byte:
        visit_text(visit, "7", 1, nothing());
        return false;
    case KIND_ws_jumbo:
        put_jumbo(visit);
        return false;
    case KIND_ws_ping_flood:
        for (unsigned i = 0; i < PINGS; i++)
            visit_frame(visit, FRAME_PING, true, &i, sizeof i);
        return false;
    case KIND_ws_close_1000:
    case KIND_ws_close_no_code:
    case KIND_ws_close_1008:
    case KIND_ws_close_1009:
    case KIND_ws_close_1012:
        visit_close(visit, kind == KIND_ws_close_1000   ? 1000
                           : kind == KIND_ws_close_1008 ? 1008
                           : kind == KIND_ws_close_1009 ? 1009
                           : kind == KIND_ws_close_1012 ? 1012
                                                        : 0);
        return true;
    default:
        break_protocol(visit, kind);
        return true;
    }
}

static void cut_frame(struct visit *visit, const char *text, size_t bytes)
{
    char head[FRAME_HEAD_MAX];
    put(visit, head, frame_head(head, FRAME_TEXT, true, bytes));
    put(visit, text, bytes / 2);
    link_end(visit->link, visit->bourse->net,
             visit->cut_next == KIND_conn_rst_mid_frame ? TD_E_IO : 0);
    visit->leaving = true;
}

/* ---- faults of messages ------------------------------------------------------------------------------------------------- */

/* What the venue's rule cannot see leaves the book wrong. Numbers show what is missing or comes twice, but not what is a lie. */
static bool hides(const struct visit *visit, bool lie)
{
    return lie || !venues_sees_holes(visit->listener.house->feed);
}

static void lose(struct visit *visit, const struct told *told)
{
    if (told->say == SAY_BOOK && hides(visit, false))
        visit->spoilt[house_index(visit->listener.house,
                                  bourse_truth(visit->bourse, (unsigned)told->market)->market)] =
            true;
}

static void keep_old(struct visit *visit, const char *text, size_t bytes, struct told told)
{
    if (told.say != SAY_BOOK || bytes > TEXT_KEPT_MAX || !dice_once_in(&visit->bourse->dice, 8))
        return;
    memcpy(visit->old, text, bytes);
    visit->old_bytes = bytes;
    visit->old_told = told;
    visit->old_told.trade = 0;
}

static bool hold(struct visit *visit, const char *text, size_t bytes, struct told told)
{
    if (told.trade != 0 || visit->holds || bytes > TEXT_KEPT_MAX)
        return false;
    memcpy(visit->held, text, bytes);
    visit->held_bytes = bytes;
    visit->held_told = told;
    visit->held_told.spoils = told.say == SAY_BOOK && hides(visit, false);
    lose(visit, &told); /* until it comes, it misses */
    return visit->holds = true;
}

static void release(struct visit *visit, const struct told *behind)
{
    if (!visit->holds || visit->held_told.market != behind->market)
        return;
    visit->holds = false;
    visit_text(visit, visit->held, visit->held_bytes, visit->held_told);
}

static bool tell_old(struct visit *visit, struct told told)
{
    struct told again = visit->old_told;
    if (visit->old_bytes == 0 || again.market != told.market)
        return false;
    again.spoils = hides(visit, false);
    visit_text(visit, visit->old, visit->old_bytes, again);
    return true;
}

static bool tell_extra(struct visit *visit, enum kind kind, struct told told)
{
    size_t bytes;
    struct told extra = nothing();
    const struct truth *truth = bourse_truth(visit->bourse, (unsigned)told.market);
    const char *text = spoil_extra(visit->bourse, visit->bourse->params.venue[visit->host],
                                   truth->market->is.raw, kind, &bytes);
    if (text == NULL)
        return false;
    if (kind == KIND_book_empty_snapshot || kind == KIND_msg_nan || kind == KIND_msg_long_number) {
        extra.market = told.market;
        extra.position = told.position;
        extra.say = SAY_ANSWER;
        extra.spoils = true;
    }
    visit_text(visit, text, bytes, extra);
    return true;
}

static bool tell_spoilt(struct visit *visit, enum kind kind, const char *text, size_t bytes,
                        struct told told)
{
    bool wrong;
    if (bytes + 4096 > HOUSE_TEXT_BYTES || bytes < 2)
        return false;
    struct td_str spoilt = td_str_on(visit->bourse->scratch, HOUSE_TEXT_BYTES);
    td_str_add_bytes(&spoilt, text, bytes);
    if (!spoil_text(visit->bourse, visit->bourse->params.venue[visit->host], kind, &spoilt, &wrong))
        return false;
    told.spoils |= wrong && told.say == SAY_BOOK;
    told.trade = wrong ? 0 : told.trade;
    visit_text(visit, spoilt.at, spoilt.bytes, told);
    return true;
}

/* 1: done in place of the message; 0: the message follows; -1: the fault does not fit. */
static int message_fault(struct visit *visit, enum kind kind, const char *text, size_t bytes,
                         struct told told)
{
    switch (kind) {
    case KIND_msg_drop:
        lose(visit, &told);
        return 1;
    case KIND_trade_hole:
        return 1;
    case KIND_msg_twice:
    case KIND_trade_twice:
        visit_text(visit, text, bytes, told);
        return 0;
    case KIND_msg_reorder:
        return hold(visit, text, bytes, told) ? 1 : -1;
    case KIND_msg_repeat:
        return tell_old(visit, told) ? 0 : -1;
    default:
        if (tell_extra(visit, kind, told))
            return 0;
        return tell_spoilt(visit, kind, text, bytes, told) ? 1 : -1;
    }
}

static enum kind pick(struct visit *visit, const struct told *told)
{
    struct kinds *kinds = kinds_of(visit);
    enum kind kind = kinds_take(kinds, PLACE_FRAME);
    if (kind == KIND_NONE && told->say == SAY_BOOK)
        kind = kinds_take(kinds, PLACE_BOOK);
    if (kind == KIND_NONE && told->say == SAY_TRADE)
        kind = kinds_take(kinds, PLACE_TRADE);
    if (kind == KIND_NONE && told->market >= 0 && told->say != SAY_SNAPSHOT)
        kind = kinds_take(kinds, PLACE_MESSAGE);
    return kind;
}

static void renew(void *arg, uint64_t what)
{
    struct bourse *bourse = arg;
    struct house *house = &bourse->house[what / HOUSE_MARKETS_MAX];
    struct market *market = &house->market[what % HOUSE_MARKETS_MAX];
    house_tell(house, market);
    house->feed->renew(house, market);
}

static void grow(void *arg, uint64_t what)
{
    struct bourse *bourse = arg;
    struct house *house = &bourse->house[what / HOUSE_MARKETS_MAX];
    struct fault fault = {.kind = FAULT_BIG_SIZE, .market = (int)(what % HOUSE_MARKETS_MAX)};
    house_act(house, &fault);
}

/* Faults of the book itself come when the message is out. -1: this venue has no such thing. */
static int book_fault(struct visit *visit, enum kind kind, const struct told *told)
{
    struct bourse *bourse = visit->bourse;
    struct house *house = visit->listener.house;
    uint64_t what = visit->host * HOUSE_MARKETS_MAX +
                    house_index(house, bourse_truth(bourse, (unsigned)told->market)->market);
    if (kind == KIND_book_late_snapshot && house->feed->renew == NULL)
        return -1;
    world_later(bourse->world, 0, kind == KIND_big_size ? grow : renew, bourse, what);
    return 0;
}

void visit_say(struct visit *visit, const char *text, size_t bytes, struct told told)
{
    if (visit->leaving || visit->link == NULL || visit->link->state != LINK_UP)
        return;
    if (visit->cut_next != KIND_NONE) {
        cut_frame(visit, text, bytes);
        return;
    }
    if (told.say == SAY_BOOK) {
        bool *spoilt = &visit->spoilt[house_index(
            visit->listener.house, bourse_truth(visit->bourse, (unsigned)told.market)->market)];
        told.spoils |= *spoilt;
        *spoilt = false;
    }
    enum kind kind = pick(visit, &told);
    int done = 0;
    if (kind != KIND_NONE) {
        if (kind_place(kind) == PLACE_FRAME)
            done = frame_fault(visit, kind, text, bytes, told);
        else if (kind == KIND_big_size || kind == KIND_book_late_snapshot)
            done = book_fault(visit, kind, &told);
        else
            done = message_fault(visit, kind, text, bytes, told);
        if (done >= 0)
            kinds_fired(kinds_of(visit), kind);
        else
            kinds_arm(kinds_of(visit), kind);
    }
    if (told.say == SAY_BOOK && visit->host == 0 && world_plant(visit->bourse->world, PLANT_LIE))
        return;
    if (done <= 0)
        visit_text(visit, text, bytes, told);
    if (kind != KIND_msg_reorder)
        release(visit, &told);
    keep_old(visit, text, bytes, told);
}

#include "sim/bourse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exchange/frame.h"
#include "exchange/memory.h"
#include "exchange/symbols.h"
#include "sim/dice.h"

enum { HISTORY = 1 << 16, HEAD_MAX = 16 << 10, KEPT_BYTES = 64 << 10 };
#define BEAT_NS TD_NS_PER_S
#define PING_NS (20 * TD_NS_PER_S)

unsigned bourse_host(const struct bourse *bourse, unsigned truth_index)
{
    unsigned host = bourse->params.venues - 1;
    while (truth_index < bourse->truth_base[host])
        host--;
    return host;
}

struct truth *bourse_truth(struct bourse *bourse, unsigned index)
{
    unsigned host = bourse_host(bourse, index);
    return &bourse->truth[host][index - bourse->truth_base[host]];
}

/* ---- as listeners ------------------------------------------------------------------------------------------------------- */

static uint64_t trade_id_of(const struct sim_venue *venue, const char *text, size_t bytes)
{
    size_t mark_bytes = strlen(venue->trade_at);
    const char *at = memmem(text, bytes, venue->trade_at, mark_bytes);
    return at ? strtoull(at + mark_bytes, NULL, 10) : 0;
}

static bool say(struct listener *listener, const char *text, size_t bytes, enum fault_kind how)
{
    struct visit *visit = (struct visit *)listener;
    struct bourse *bourse = visit->bourse;
    const struct house_told *telling = &listener->house->telling;
    struct told told = {.market = -1, .say = (uint8_t)telling->say};
    (void)how;
    if (telling->market) {
        unsigned index = house_index(listener->house, telling->market);
        told.market = (int16_t)(bourse->truth_base[visit->host] + index);
        if (telling->say == SAY_BOOK || telling->say == SAY_SNAPSHOT)
            told.position = truth_collect(&bourse->truth[visit->host][index]);
        if (telling->more) /* a book in the middle of what happened at once is nobody's */
            told.position = UINT64_MAX;
        if (telling->say == SAY_TRADE)
            told.trade = trade_id_of(bourse->params.venue[visit->host], text, bytes);
    }
    bourse->told++;
    visit_say(visit, text, bytes, told);
    return true;
}

static void act(struct listener *listener, const struct fault *fault)
{
    (void)listener;
    (void)fault;
}

/* ---- input -------------------------------------------------------------------------------------------------------------- */

static void eat(struct link *link, size_t bytes)
{
    memmove(link->in, link->in + bytes, link->in_bytes - bytes);
    link->in_bytes -= bytes;
}

static void take_request(struct visit *visit)
{
    static char head[HEAD_MAX];
    struct link *link = visit->link;
    char *end = memmem(link->in, link->in_bytes, "\r\n\r\n", 4);
    size_t bytes = end ? (size_t)(end - link->in) + 4 : 0;
    if (end == NULL)
        return;
    TD_ASSERT(bytes < sizeof head, "a request of the recorder is too long");
    td_text_copy(head, sizeof head, link->in, bytes);
    eat(link, bytes);
    visit_request(visit, head);
}

static void take_frame(struct visit *visit, const struct frame *frame)
{
    struct house *house = &visit->bourse->house[visit->host];
    house->now_us = world_true_utc_us(visit->bourse->world);
    if (frame->opcode == FRAME_TEXT && visit->listener.house)
        house_hear(&visit->listener, frame->payload, frame->bytes);
    else if (frame->opcode == FRAME_PING && !visit->no_pong && !visit->leaving)
        visit_frame(visit, FRAME_PONG, true, frame->payload, frame->bytes);
    else if (frame->opcode == FRAME_CLOSE) {
        if (!visit->leaving)
            visit_frame(visit, FRAME_CLOSE, true, frame->payload, frame->bytes);
        visit->leaving = true;
        link_end(visit->link, visit->bourse->net, 0);
    }
}

static void came(void *arg, struct link *link)
{
    struct visit *visit = link->server;
    struct frame frame;
    int64_t taken;
    (void)arg;
    if (!visit->upgraded && !visit->leaving)
        take_request(visit);
    while (visit->upgraded && (taken = frame_take(&frame, link->in, link->in_bytes)) > 0) {
        take_frame(visit, &frame);
        eat(link, (size_t)taken);
    }
}

static void accepted(void *arg, struct link *link)
{
    struct bourse *bourse = arg;
    struct visit *visit = &bourse->visit[link - bourse->net->link];
    char *old = visit->old, *held = visit->held;
    TD_ASSERT(!visit->used, "a visit ends before the next one in its place");
    *visit = (struct visit){.listener = {.say = say, .act = act},
                            .bourse = bourse,
                            .link = link,
                            .host = link->host,
                            .used = true,
                            .old = old ? old : malloc(KEPT_BYTES),
                            .held = held ? held : malloc(KEPT_BYTES)};
    TD_ASSERT(visit->old && visit->held, "no memory for a visit");
    link->server = visit;
}

static void gone(void *arg, struct link *link)
{
    struct visit *visit = link->server;
    (void)arg;
    house_leave(&visit->listener);
    if (visit->trail && visit->trail->used && visit->trail->link == link->id)
        trail_gone(visit->trail);
    visit->used = false;
    visit->link = NULL;
    link->server = NULL;
}

static void was_read(void *arg, struct link *link, int64_t mono_ns)
{
    struct bourse *bourse = arg;
    struct visit *visit = link->server;
    if (visit->trail && visit->trail->used && visit->trail->link == link->id)
        trail_read(bourse->trails, visit->trail, link->got, mono_ns);
}

/* ---- life --------------------------------------------------------------------------------------------------------------- */

static void live(void *arg, uint64_t what)
{
    struct bourse *bourse = arg;
    unsigned host = (unsigned)dice_below(&bourse->dice, bourse->params.venues);
    struct house *house = &bourse->house[host];
    bool *awake = bourse->halted_host == (int)host ? &house->awake[bourse->halted_market] : NULL;
    bool was_awake = awake && *awake;
    if (bourse->params.rate == 0)
        return;
    if (was_awake && bourse->world->now_ns < bourse->halted_until_ns)
        *awake = false;
    house_step(house, world_true_utc_us(bourse->world));
    if (was_awake)
        *awake = true;
    for (unsigned i = 0; i < house->markets; i++)
        truth_collect(&bourse->truth[host][i]);
    world_later(bourse->world, dice_wait(&bourse->dice, TD_NS_PER_S / bourse->params.rate), live,
                bourse, what);
}

static void beat(void *arg, uint64_t what)
{
    struct bourse *bourse = arg;
    for (unsigned i = 0; i < bourse->params.venues; i++)
        house_beat(&bourse->house[i], world_true_utc_us(bourse->world));
    world_later(bourse->world, BEAT_NS, beat, bourse, what);
}

static void ping(void *arg, uint64_t what)
{
    struct bourse *bourse = arg;
    for (unsigned i = 0; i < NET_LINKS; i++) {
        struct visit *visit = &bourse->visit[i];
        if (visit->used && visit->upgraded && !visit->leaving &&
            bourse->house[visit->host].feed->ws_ping_s > 0)
            visit_frame(visit, FRAME_PING, true, "1", 1);
    }
    world_later(bourse->world, PING_NS, ping, bourse, what);
}

static void open_house(struct bourse *bourse, unsigned host)
{
    enum { WARM_UP_US = 600000000 };
    struct house *house = &bourse->house[host];
    char count[16];
    house_init(house, bourse->params.venue[host]->feed, &bourse->history, bourse->world->seed);
    snprintf(count, sizeof count, "%u", bourse->params.symbols[host]);
    bool added = symbols_add(house, count, bourse->world->seed,
                             world_true_utc_us(bourse->world) - WARM_UP_US);
    TD_ASSERT(added, "more symbols than there are names for");
    bourse->truth[host] = calloc(house->markets + 1, sizeof **bourse->truth);
    TD_ASSERT(bourse->truth[host] != NULL, "no memory for the truth");
    for (unsigned i = 0; i < house->markets; i++)
        truth_init(&bourse->truth[host][i], &house->market[i]);
    if (host + 1 < bourse->params.venues)
        bourse->truth_base[host + 1] = bourse->truth_base[host] + house->markets;
}

void bourse_init(struct bourse *bourse, struct world *world, struct net *net, struct trails *trails,
                 const struct bourse_params *params)
{
    memset(bourse, 0, sizeof *bourse);
    bourse->world = world;
    bourse->net = net;
    bourse->trails = trails;
    bourse->params = *params;
    bourse->dice = world->seed ^ UINT64_C(0x426F75727365);
    bourse->scratch = memory_take(HOUSE_TEXT_BYTES);
    bourse->old_base = memory_take(HOUSE_TEXT_BYTES);
    bourse->halted_host = -1;
    history_init(&bourse->history, memory_take(HISTORY * sizeof(struct change)), HISTORY);
    for (unsigned i = 0; i < bourse->params.venues; i++)
        open_house(bourse, i);
    net->accepted = accepted;
    net->came = came;
    net->gone = gone;
    net->read = was_read;
    net->arg = bourse;
    world_later(world, BEAT_NS / 3, beat, bourse, 0);
    world_later(world, PING_NS / 3, ping, bourse, 0);
    world_later(world, 1, live, bourse, 0);
}

/* ---- faults at once ------------------------------------------------------------------------------------------------------ */

static struct visit *any_visit(struct bourse *bourse)
{
    unsigned from = (unsigned)dice_below(&bourse->dice, NET_LINKS);
    for (unsigned i = 0; i < NET_LINKS; i++) {
        struct visit *visit = &bourse->visit[(from + i) % NET_LINKS];
        if (visit->used && visit->upgraded && !visit->leaving && visit->link->state == LINK_UP)
            return visit;
    }
    return NULL;
}

static bool spoil_venue(struct bourse *bourse, enum kind kind)
{
    if (kind == KIND_net_down) {
        net_down(bourse->net, (int64_t)dice_between(&bourse->dice, 5, 150) * TD_NS_PER_S);
    } else if (kind == KIND_conn_all_rst) {
        for (unsigned i = 0; i < NET_LINKS; i++)
            link_reset(&bourse->net->link[i], bourse->net, TD_E_IO);
    } else {
        bourse->halted_host = (int)dice_below(&bourse->dice, bourse->params.venues);
        unsigned markets = bourse->house[bourse->halted_host].markets;
        if (markets == 0)
            return false;
        bourse->halted_market = (int)dice_below(&bourse->dice, markets);
        bourse->halted_until_ns =
            bourse->world->now_ns + (int64_t)dice_between(&bourse->dice, 60, 400) * TD_NS_PER_S;
    }
    return true;
}

bool bourse_spoil(struct bourse *bourse, enum kind kind)
{
    struct visit *visit = any_visit(bourse);
    if (kind_place(kind) == PLACE_VENUE)
        return spoil_venue(bourse, kind);
    if (visit == NULL)
        return false;
    if (kind == KIND_ws_no_pong)
        return visit->no_pong = true;
    if (kind == KIND_conn_rst_mid_frame || kind == KIND_conn_eof_mid_frame) {
        visit->cut_next = kind;
        return true;
    }
    return net_spoil(bourse->net, visit->link, kind);
}

void bourse_heal(struct bourse *bourse)
{
    bourse->halted_until_ns = 0;
    net_heal(bourse->net);
    for (unsigned i = 0; i < NET_LINKS; i++)
        bourse->visit[i].no_pong = false;
}

void bourse_hush(struct bourse *bourse)
{
    bourse->params.rate = 0;
}

/* What a simulated venue answers over HTTP: upgrades and pages, through the faults that are armed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exchange/frame.h"
#include "exchange/shape.h"
#include "sim/bourse.h"
#include "sim/dice.h"

static void put_text(struct visit *visit, const char *text)
{
    link_put(visit->link, visit->bourse->net, text, strlen(text));
}

static void answer(struct visit *visit, int status, const char *more, const char *body,
                   size_t bytes)
{
    char head[512];
    snprintf(head, sizeof head,
             "HTTP/1.1 %d So\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n"
             "Connection: close\r\n\r\n",
             status, more, bytes);
    put_text(visit, head);
    link_put(visit->link, visit->bourse->net, body, bytes);
    trails_served(visit->bourse->trails, body, bytes);
    link_end(visit->link, visit->bourse->net, 0);
    visit->leaving = true;
}

static const char html[] = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body>"
                           "<h1>We will be back soon</h1></body></html>";

static void answer_text(struct visit *visit, int status, const char *more, const char *body)
{
    answer(visit, status, more, body, strlen(body));
}

static bool refuse_upgrade(struct visit *visit)
{
    static const char banned[] = "{\"code\":-1003,\"msg\":\"Way too much request weight used\"}";
    struct kinds *kinds = &visit->bourse->world->kinds;
    enum kind kind = kinds_take(kinds, PLACE_UPGRADE);
    kinds_fired(kinds, kind);
    switch (kind) {
    case KIND_NONE:
        return false;
    case KIND_upgrade_html:
        answer_text(visit, 200, "", html);
        break;
    case KIND_upgrade_301:
        answer_text(visit, 301, "Location: https://elsewhere.sim/\r\n", "");
        break;
    case KIND_upgrade_403:
        answer_text(visit, 403, "", "{}");
        break;
    case KIND_upgrade_418:
        answer_text(visit, 418, "Retry-After: 40\r\n", banned);
        break;
    case KIND_upgrade_429:
        answer_text(visit, 429, "Retry-After: 20\r\n", banned);
        break;
    case KIND_upgrade_451:
        answer_text(visit, 451, "", "{}");
        break;
    case KIND_upgrade_500:
        answer_text(visit, 500, "", html);
        break;
    case KIND_upgrade_503:
        answer_text(visit, 503, "Retry-After: 10\r\n", html);
        break;
    case KIND_upgrade_silent:
        break;
    case KIND_upgrade_wrong_accept:
        put_text(visit, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                        "Upgrade\r\nSec-WebSocket-Accept: aaaaaaaaaaaaaaaaaaaaaaaaaaa=\r\n\r\n");
        break;
    case KIND_upgrade_garbage:
        put_text(visit, "220 mail.example ESMTP ready\r\n\r\n");
        break;
    case KIND_upgrade_cut:
        put_text(visit, "HTTP/1.1 101 Switching Proto");
        link_end(visit->link, visit->bourse->net, 0);
        break;
    default:
        link_reset(visit->link, visit->bourse->net, TD_E_IO);
    }
    visit->leaving = true;
    return true;
}

static void upgrade(struct visit *visit, const char *key, size_t key_bytes)
{
    char accept[FRAME_ACCEPT_BYTES + 1] = "", head[256];
    struct house *house = &visit->bourse->house[visit->host];
    if (refuse_upgrade(visit))
        return;
    frame_accept(key, key_bytes, accept);
    snprintf(head, sizeof head,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: %s\r\n\r\n",
             accept);
    put_text(visit, head);
    visit->upgraded = true;
    visit->trail = trails_begin(visit->bourse->trails, visit->link);
    house->now_us = world_true_utc_us(visit->bourse->world);
    if (!house_join(house, &visit->listener))
        link_reset(visit->link, visit->bourse->net, TD_E_IO);
}

static void answer_chunked(struct visit *visit, const char *body, size_t bytes)
{
    char line[32];
    put_text(visit, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    trails_served(visit->bourse->trails, body, bytes);
    for (size_t at = 0; at < bytes;) {
        size_t part = (size_t)dice_between(&visit->bourse->dice, 1, 5000);
        part = part < bytes - at ? part : bytes - at;
        snprintf(line, sizeof line, "%zx\r\n", part);
        put_text(visit, line);
        link_put(visit->link, visit->bourse->net, body + at, part);
        put_text(visit, "\r\n");
        at += part;
    }
    put_text(visit, "0\r\n\r\n");
    link_end(visit->link, visit->bourse->net, 0);
    visit->leaving = true;
}

static void cut_body(struct visit *visit, const char *body, size_t bytes, bool reset)
{
    char head[128];
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", bytes + 10);
    put_text(visit, head);
    link_put(visit->link, visit->bourse->net, body, bytes / 2);
    link_end(visit->link, visit->bourse->net, reset ? TD_E_IO : 0);
    visit->leaving = true;
}

/* True when the answer was given, or is not. */
static bool answer_wrong(struct visit *visit, const char *target, const char *body, size_t bytes)
{
    struct bourse *bourse = visit->bourse;
    struct kinds *kinds = &bourse->world->kinds;
    enum kind kind = kinds_take(kinds, PLACE_GET);
    bool depth = strstr(target, "/depth?") != NULL;
    if ((kind == KIND_get_empty_book && !depth) ||
        (kind == KIND_get_old && strcmp(target, bourse->old_base_target) != 0)) {
        kinds_arm(kinds, kind);
        return false;
    }
    kinds_fired(kinds, kind);
    switch (kind) {
    case KIND_NONE:
        return false;
    case KIND_get_404:
        answer_text(visit, 404, "", "{}");
        break;
    case KIND_get_418:
        answer_text(visit, 418, "Retry-After: 30\r\n", "{\"code\":-1003,\"msg\":\"banned\"}");
        break;
    case KIND_get_429:
        answer_text(visit, 429, "Retry-After: 15\r\n", "{\"code\":-1003,\"msg\":\"slow down\"}");
        break;
    case KIND_get_500:
        answer_text(visit, 500, "", "oops");
        break;
    case KIND_get_html:
        answer_text(visit, 200, "", html);
        break;
    case KIND_get_garbage:
        answer_text(visit, 200, "", "{\"lastUpdateId\":12,\"bids\":[[\"1\",");
        break;
    case KIND_get_empty_book:
        answer_text(visit, 200, "", "{\"lastUpdateId\":1,\"bids\":[],\"asks\":[]}");
        break;
    case KIND_get_old:
        answer(visit, 200, "", bourse->old_base, bourse->old_base_bytes);
        break;
    case KIND_get_chunked:
        answer_chunked(visit, body, bytes);
        break;
    case KIND_get_cut:
    case KIND_get_rst:
        cut_body(visit, body, bytes, kind == KIND_get_rst);
        break;
    case KIND_get_slow:
        visit->link->stall_until_ns = bourse->world->now_ns + 5 * TD_NS_PER_S;
        return false;
    default:
        visit->leaving = true; /* silence */
    }
    return true;
}

static void keep_base(struct bourse *bourse, const char *target, const char *body, size_t bytes)
{
    if (strstr(target, "/depth?") == NULL ||
        (bourse->old_base_bytes > 0 && !dice_once_in(&bourse->dice, 8)))
        return;
    snprintf(bourse->old_base_target, sizeof bourse->old_base_target, "%s", target);
    memcpy(bourse->old_base, body, bytes);
    bourse->old_base_bytes = bytes;
}

/* What was told before it is in it. */
static void note_base(struct bourse *bourse, unsigned host, const char *target)
{
    struct house *house = &bourse->house[host];
    struct td_text name = shape_query(target, "symbol");
    const struct market *market = name.at ? house_find(house, name.at, name.bytes) : NULL;
    if (market == NULL || strstr(target, "/depth?") == NULL)
        return;
    unsigned index = house_index(house, market);
    bourse->changes_in_base[host][index] = house->count[index].changes;
}

static void serve_page(struct visit *visit, const char *target)
{
    struct bourse *bourse = visit->bourse;
    struct house *house = &bourse->house[visit->host];
    house_text(house)->at[0] = '\0';
    house->now_us = world_true_utc_us(bourse->world);
    int status = house->feed->page(house, target);
    note_base(bourse, visit->host, target);
    if (answer_wrong(visit, target, house->text.at, house->text.bytes))
        return;
    answer(visit, status, "", house->text.at, house->text.bytes);
    keep_base(bourse, target, house->text.at, house->text.bytes);
}

void visit_request(struct visit *visit, char *head)
{
    char *target = strchr(head, ' '), *end = target ? strchr(target + 1, ' ') : NULL;
    const char *key = strcasestr(head, "Sec-WebSocket-Key:");
    if (end == NULL) {
        link_reset(visit->link, visit->bourse->net, TD_E_IO);
        return;
    }
    if (key) {
        key += strlen("Sec-WebSocket-Key:");
        key += strspn(key, " ");
        upgrade(visit, key, strcspn(key, "\r"));
        return;
    }
    *end = '\0';
    serve_page(visit, target + 1);
}

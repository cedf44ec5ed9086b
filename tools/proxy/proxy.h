/* The proxy: a listener on loopback, the links through it, and the lines of control that come on standard input.

     KIND[:NUMBER]        of links: those that stand now; of shapes: all links until `clear`; of the door: from now on
     next KIND[:NUMBER]   a fault of links, for the next one
     clear                shapes end, an armed next fault is forgotten, the door opens
     stop                 ends the program

   Each line is answered on standard output by `ok LINE links=N` or `refused LINE`; a fault of a link says `fired KIND link=N` when it
   strikes. */
#ifndef TD_PROXY_PROXY_H
#define TD_PROXY_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "proxy/link.h"

enum { PROXY_LINKS = 64, PROXY_LINE = 256 };

struct proxy {
    int epoll, listener; /* listener -1: the door is shut */
    int port, server_port;
    struct link link[PROXY_LINKS];
    uint32_t waits[PROXY_LINKS][LINK_WAYS]; /* epoll's events as they are set */
    struct shape shape;
    uint64_t dice;
    int64_t refuse_until_ns, mute_until_ns;
    struct fault next;
    bool has_next, stops;
    unsigned accepted;
    char line[PROXY_LINE];
    size_t line_bytes;
};

/* False: the port cannot be had. port 0: any; proxy->port says which. */
bool proxy_init(struct proxy *proxy, int port, int server_port, uint64_t seed);
/* One line of control. */
void proxy_command(struct proxy *proxy, const char *line);
/* Until `stop` or a signal. */
void proxy_run(struct proxy *proxy);
void proxy_interrupt(int signal);

#endif

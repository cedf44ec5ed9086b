/* The loop: one thread, poll, every client served in turn; the market lives between. */
#ifndef EXCHANGE_SERVER_H
#define EXCHANGE_SERVER_H

#include <mbedtls/ssl.h>

#include "exchange/control.h"
#include "exchange/play.h"

struct server;

/* `play` is [control->houses]; lines 0: that venue is modelled. Takes memory (memory.h). */
struct server *server_make(struct control *control, struct play *play,
                           const mbedtls_ssl_config *config);

/* Port 0: any that is free. The port, or 0 when it cannot be had. Loopback only. */
int server_listen(struct server *server, int port);

/* Until control->stopping. */
void server_run(struct server *server);

/* From a signal handler. */
void server_interrupt(int signal);

#endif

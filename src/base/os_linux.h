/* What the two halves of the real world share: os_linux.c (clock, random, disk, the table) and os_linux_socket.c. Nobody else
   includes this; the world is reached through base/os.h. */
#ifndef TD_BASE_OS_LINUX_H
#define TD_BASE_OS_LINUX_H

#include "base/os.h"

/* errno as a td_err; kept for td_os_errno(). */
td_err os_refused(void);

/* Functions of td_socket. */
int os_socket_connect(void *ctx, const char *ip, uint16_t port);
int os_socket_connected(void *ctx, int fd);
int64_t os_socket_send(void *ctx, int fd, const void *data, size_t bytes);
int64_t os_socket_recv(void *ctx, int fd, void *data, size_t bytes);
void os_socket_close(void *ctx, int fd);
int os_socket_watch(void *ctx, int fd, void *tag);
void os_socket_unwatch(void *ctx, int fd);
int os_socket_wait(void *ctx, struct td_socket_event *events, unsigned cap, int timeout_ms);

#endif

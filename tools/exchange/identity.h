/* Who the exchange is: an authority made at start and a certificate of it for localhost, ::1, 127.0.0.1 and 10.0.2.2 (a guest's host); nothing is kept. */
#ifndef EXCHANGE_IDENTITY_H
#define EXCHANGE_IDENTITY_H

#include <mbedtls/ssl.h>
#include <stdbool.h>

/* Sets up mbedTLS (its allocator too) and the server's configuration; writes the authority as PEM. False with a message on stderr. */
bool identity_make(mbedtls_ssl_config *config, const char *ca_path);

#endif

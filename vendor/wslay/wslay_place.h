/* A wslay frame context in memory of the caller's, because connections are made again long after
 * the recorder refuses to allocate. */
#ifndef TD_VENDOR_WSLAY_PLACE_H
#define TD_VENDOR_WSLAY_PLACE_H

#include <stddef.h>
#include <wslay/wslay.h>

/* Bytes that one context needs, aligned as for any object. */
size_t wslay_frame_context_footprint(void);

/* Makes a fresh context in `mem` (of the footprint's size; what stood there is lost) and returns
 * it. It lives as long as `mem`, owns nothing else and must not be given to
 * wslay_frame_context_free. Any thread, each with its own memory. */
wslay_frame_context_ptr wslay_frame_context_place(void *mem,
                                                  const struct wslay_frame_callbacks *callbacks,
                                                  void *user_data);

#endif

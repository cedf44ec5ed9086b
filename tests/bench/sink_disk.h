/* A disk that takes everything and keeps nothing: what is timed on it is the work of the CPU. */
#ifndef TEST_BENCH_SINK_DISK_H
#define TEST_BENCH_SINK_DISK_H

#include "base/os.h"

extern const struct td_disk sink_disk;

#endif

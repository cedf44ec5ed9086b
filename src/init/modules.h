/* Kernel modules of the initramfs, in the order that the build wrote down. */
#ifndef TD_INIT_MODULES_H
#define TD_INIT_MODULES_H

#include <stdbool.h>
#include <stddef.h>

enum { MODULES_NAME_MAX = 64, MODULES_OPTIONS_MAX = 128 };

struct modules_line {
    char name[MODULES_NAME_MAX];       /* "ext4.ko.xz" */
    char options[MODULES_OPTIONS_MAX]; /* "" */
};

/* The next line of the list at *at (advanced): a file name, and its options after a blank. Comments and empty lines are passed over, and so
   is a name that leaves the folder. False at the end. Pure. */
bool modules_next(const char *text, size_t bytes, size_t *at, struct modules_line *line);

/* Loads them all; what is missing or refused is said and passed over. Returns how many were refused. fed is called between two. */
unsigned modules_load(const char *folder, void (*fed)(void));

#endif

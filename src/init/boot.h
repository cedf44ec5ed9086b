/* The appliance from the kernel's hand to its last breath: the order of the steps, then supervision for ever. */
#ifndef TD_INIT_BOOT_H
#define TD_INIT_BOOT_H

/* As process 1. Never returns. */
_Noreturn void boot_run(void);

#endif

/* Process 1 of the appliance, and under the name dhcp-hook what udhcpc runs at its events. */
#include <string.h>
#include <unistd.h>

#include "init/boot.h"
#include "init/hook.h"

int main(int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *name = slash == NULL ? (argc > 0 ? argv[0] : "") : slash + 1;
    if (strcmp(name, "dhcp-hook") == 0)
        return hook_main(argc, argv, environ);
    if (getpid() != 1)
        return 2;
    boot_run();
}

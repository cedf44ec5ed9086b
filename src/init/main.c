/* Process 1 of the appliance. */
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
    printf("init: started\n");
    fflush(stdout);
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}

#include "server/peers.h"

#include "base/err.h"
#include "base/rng.h"

#include <string.h>

int mr_peers_join(struct mr_peers *p, const char *address)
{
    uint64_t key = mr_hash_fnv(address, strlen(address));
    int free_one = -1;
    if (p->total >= MR_CONNECTIONS) {
        return -1;
    }
    for (int i = 0; i < MR_PEERS; i++) {
        if (p->of[i].connections == 0) {
            free_one = i;
        } else if (p->of[i].key == key) {
            if (p->of[i].connections >= MR_PEER_CONNECTIONS) {
                return -1;
            }
            free_one = i;
            break;
        }
    }
    if (free_one >= 0) {
        p->of[free_one].key = key;
        p->of[free_one].connections++;
        p->total++;
    }
    return free_one;
}

void mr_peers_leave(struct mr_peers *p, int number)
{
    MR_ASSERT(number >= 0 && number < MR_PEERS && p->of[number].connections > 0 && p->total > 0);
    p->of[number].connections--;
    p->total--;
}

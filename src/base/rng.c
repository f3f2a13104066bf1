#include "base/rng.h"

#include "base/maths.h"
#include "ziggurat.h"

#include <string.h>

static const struct mr_field rng_fields[] = {MR_ARRAY(struct mr_rng, s, MR_U64)};
const struct mr_type mr_rng_type = MR_TYPE("rng", struct mr_rng, rng_fields);

uint64_t mr_hash_fnv(const void *p, size_t n)
{
    const uint8_t *b = p;
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ b[i]) * 0x100000001b3u;
    }
    return h;
}

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct mr_rng mr_rng_stream(uint64_t seed, const char *name)
{
    uint64_t x = seed ^ mr_hash_fnv(name, strlen(name));
    struct mr_rng r;
    for (int i = 0; i < 4; i++) {
        r.s[i] = splitmix(&x);
    }
    return r;
}

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static inline uint64_t next(struct mr_rng *r)
{
    uint64_t *s = r->s;
    uint64_t out = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return out;
}

uint64_t mr_rng_u64(struct mr_rng *r)
{
    return next(r);
}

uint64_t mr_rng_below(struct mr_rng *r, uint64_t n)
{
    MR_ASSERT(n > 0);
    uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    uint64_t x;
    do {
        x = mr_rng_u64(r);
    } while (x >= limit);
    return x % n;
}

double mr_rng_unit(struct mr_rng *r)
{
    return (double)(mr_rng_u64(r) >> 11) * 0x1.0p-53;
}

/* Beyond the base layer: Marsaglia (1964). */
static double normal_tail(struct mr_rng *r)
{
    double x;
    double y;
    do {
        x = -mr_log(1 - mr_rng_unit(r)) / ZIGGURAT_TAIL;
        y = -mr_log(1 - mr_rng_unit(r));
    } while (2 * y < x * x);
    return ZIGGURAT_TAIL + x;
}

/* From the first 64 bits on. The layer comes from other bits than the place in it, as Doornik (2005) asks for. */
static double normal_slow(struct mr_rng *r, uint64_t bits)
{
    for (;; bits = mr_rng_u64(r)) {
        size_t i = bits % ZIGGURAT_LAYERS;
        double unit = (double)(bits >> 11) * 0x1.0p-52 - 1; /* in [-1, 1) */
        double x = unit * ziggurat_edge[i + 1];
        if (mr_fabs(x) < ziggurat_edge[i]) {
            return x;
        }
        if (i == ZIGGURAT_LAYERS - 1) {
            return unit < 0 ? -normal_tail(r) : normal_tail(r);
        }
        double y = ziggurat_height[i + 1] + mr_rng_unit(r) * (ziggurat_height[i] - ziggurat_height[i + 1]);
        if (y < mr_exp(-0.5 * x * x)) {
            return x;
        }
    }
}

double mr_rng_normal(struct mr_rng *r)
{
    return normal_slow(r, mr_rng_u64(r));
}

/* The same, with the generator's state in registers while layers decide at once, as 98 of 100 do. */
void mr_rng_normals(struct mr_rng *r, double *x, size_t n)
{
    struct mr_rng fast = *r;
    for (size_t k = 0; k < n; k++) {
        uint64_t bits = next(&fast);
        size_t i = bits % ZIGGURAT_LAYERS;
        x[k] = ((double)(bits >> 11) * 0x1.0p-52 - 1) * ziggurat_edge[i + 1];
        if (!(mr_fabs(x[k]) < ziggurat_edge[i])) {
            *r = fast;
            x[k] = normal_slow(r, bits);
            fast = *r;
        }
    }
    *r = fast;
}

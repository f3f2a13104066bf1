/* rng.h - seeded random streams, the same everywhere: xoshiro256** 1.0 (Blackman, Vigna 2018), seeded by SplitMix64.
 *
 * Each subsystem draws from a stream of its own, named, so that one more draw in one place changes nothing elsewhere. */
#ifndef MR_BASE_RNG_H
#define MR_BASE_RNG_H

#include "base/state.h"

#include <stdint.h>

struct mr_rng {
    uint64_t s[4];
};
extern const struct mr_type mr_rng_type;

/* A stream from the site's seed and a name ("process.noise", "adversary.sweep"). */
struct mr_rng mr_rng_stream(uint64_t seed, const char *name);
uint64_t mr_rng_u64(struct mr_rng *r);
/* Uniform in 0..n-1, without bias; n > 0. */
uint64_t mr_rng_below(struct mr_rng *r, uint64_t n);
/* Uniform in [0, 1), 53 bits. */
double mr_rng_unit(struct mr_rng *r);
/* Standard normal by the ziggurat of Marsaglia and Tsang (2000), 256 layers. */
double mr_rng_normal(struct mr_rng *r);
void mr_rng_normals(struct mr_rng *r, double *x, size_t n); /* as many of them */

/* FNV-1a, 64 bits: names to stream numbers and hash tables; not against an adversary. */
uint64_t mr_hash_fnv(const void *p, size_t n);

#endif

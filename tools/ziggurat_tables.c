/* ziggurat_tables.c - writes the tables of base/rng.c's normal generator to the file named: run at build time.
 *
 * Marsaglia and Tsang, The Ziggurat Method for Generating Random Variables, J. Stat. Softw. 5(8), 2000: 256 layers of equal
 * area v under exp(-x^2/2), the lowest with the tail beyond r. Built with musl's functions, so the bits are the same everywhere. */
#include "base/maths.h"

#include <stdio.h>

#define LAYERS 256

static double density(double x)
{
    return mr_exp(-0.5 * x * x);
}

static void write_table(FILE *to, const char *name, const double *x)
{
    (void)fprintf(to, "static const double %s[%d] = {", name, LAYERS + 1);
    for (int i = 0; i <= LAYERS; i++) {
        (void)fprintf(to, "%s%a", i ? ", " : "", x[i]);
    }
    (void)fprintf(to, "};\n");
}

int main(int argc, char **argv)
{
    const double r = 3.6541528853610088;
    const double v = 0.00492867323399;
    double edge[LAYERS + 1]; /* edge[i]..edge[i + 1]: the slice that layer i adds; the last is the base's width as a rectangle */
    double height[LAYERS + 1];
    edge[LAYERS] = v / density(r);
    edge[LAYERS - 1] = r;
    for (int i = LAYERS - 2; i >= 1; i--) {
        edge[i] = mr_sqrt(-2 * mr_log(v / edge[i + 1] + density(edge[i + 1])));
    }
    edge[0] = 0;
    for (int i = 0; i <= LAYERS; i++) {
        height[i] = density(edge[i]);
    }
    FILE *to = argc == 2 ? fopen(argv[1], "w") : NULL;
    if (!to) {
        return 1;
    }
    (void)fprintf(to, "/* Made by tools/ziggurat_tables.c. */\n#define ZIGGURAT_LAYERS %d\n#define ZIGGURAT_TAIL %a\n", LAYERS,
                  r);
    write_table(to, "ziggurat_edge", edge);
    write_table(to, "ziggurat_height", height);
    return fclose(to) ? 1 : 0;
}

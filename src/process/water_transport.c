/* water_transport.c - moves water and what it carries from body to body, and lets it react.
 *
 * What leaves one body enters the next in the same step, so that water, sodium and carbon are conserved to rounding. The
 * volumes of the dosed chemicals (a thousandth of the flow) are left out of the water balance; their ions are not. */
#include "process/water.h"

#include "base/maths.h"

/* Strengths of the chemicals, mol/L. */
#define NACL_M       2.0
#define HCL_M        1.5
#define NAOCL_M      0.5
#define BISULPHITE_M 0.2

#define CHLORINE_DECAY  0.05  /* 1/h in tanks */
#define UV_REMOVAL      0.5   /* share of the chlorine that the lamp removes at full intensity and design flow */
#define UV_DESIGN       2.3   /* m3/h */
#define UF_PASSAGE      0.004 /* of turbidity */
#define UF_TORN_PASSAGE 0.5
#define TANK_HEIGHT_MM  1600.0
#define SMALL_HEIGHT_MM 1000.0
#define DAY_TANK_FULL_L 60.0
#define DAY_TANK_LOW_L  12.0

static void put(struct body *b, double m3, const double c[SPECIES])
{
    b->volume += m3;
    for (int i = 0; i < SPECIES; i++) {
        b->amount[i] += m3 * c[i];
    }
}

static void leave(struct water *w, double m3, const double c[SPECIES])
{
    w->out_m3 += m3;
    w->out_mol[0] += m3 * c[SODIUM];
    w->out_mol[1] += m3 * c[CARBON];
}

static void enter(struct water *w, double m3, const double c[SPECIES])
{
    w->in_m3 += m3;
    w->in_mol[0] += m3 * c[SODIUM];
    w->in_mol[1] += m3 * c[CARBON];
}

static void move(struct water *w, int from, int to, double m3, const double c[SPECIES])
{
    put(&w->body[from], -m3, c);
    if (to < BODIES) {
        put(&w->body[to], m3, c);
    } else {
        leave(w, m3, c);
    }
}

#define OUT BODIES

static void dose(struct water *w, int body, int species, double mol)
{
    w->body[body].amount[species] += mol;
    if (species == SODIUM) {
        w->in_mol[0] += mol;
    }
}

static void dose_all(struct water *w, const struct flows *f, double dt_h)
{
    double nacl = NACL_M * f->dose[TANK_NACL] * dt_h;
    double naocl = NAOCL_M * f->dose[TANK_NAOCL] * dt_h;
    double bisulphite = BISULPHITE_M * f->dose[TANK_BISULPHITE] * dt_h;
    dose(w, MIXER, SODIUM, nacl + naocl);
    dose(w, MIXER, ANION, nacl + HCL_M * f->dose[TANK_HCL] * dt_h);
    dose(w, MIXER, CHLORINE, naocl);
    dose(w, LINE, SODIUM, bisulphite);
    dose(w, LINE, SULPHITE, bisulphite);
}

static void use_day_tanks(struct water *w, const double *v, const struct flows *f, double dt_h)
{
    for (int i = 0; i < DAY_TANKS; i++) {
        w->day_tank_l[i] = mr_max(0, w->day_tank_l[i] - f->dose[i] * dt_h);
        if (v[W_chemical_refill] != 0 && w->day_tank_l[i] < DAY_TANK_LOW_L) {
            w->day_tank_l[i] = DAY_TANK_FULL_L; /* a delivery */
        }
    }
}

/* HOCl + HSO3- -> SO4-- + Cl- + 2 H+: at once, mole by mole, three equivalents of strong anions for the two weak ones. */
static void neutralise(struct body *b)
{
    double mol = mr_min(b->amount[CHLORINE], b->amount[SULPHITE]);
    b->amount[CHLORINE] -= mol;
    b->amount[SULPHITE] -= mol;
    b->amount[ANION] += 3 * mol;
}

/* 2 HOCl -> O2 + 2 H+ + 2 Cl-, by light, walls and time. */
static void decay(struct body *b, double mol)
{
    b->amount[CHLORINE] -= mol;
    b->amount[ANION] += mol;
}

static void react(struct water *w, double dt_h)
{
    static const uint8_t tanks[] = {T301, T401, T601, T602};
    for (size_t i = 0; i < sizeof tanks; i++) {
        struct body *b = &w->body[tanks[i]];
        decay(b, CHLORINE_DECAY * dt_h * b->amount[CHLORINE]);
    }
    neutralise(&w->body[MIXER]);
    neutralise(&w->body[T301]);
    neutralise(&w->body[T401]);
    neutralise(&w->body[LINE]);
}

static void spill(struct water *w, int tank, double capacity_m3, unsigned damage)
{
    struct body *b = &w->body[tank];
    if (b->volume <= capacity_m3) {
        return;
    }
    double c[SPECIES];
    water_concentrations(b, c);
    move(w, tank, OUT, b->volume - capacity_m3, c);
    w->damage |= UINT64_C(1) << damage;
}

static void spill_all(struct water *w, const double *v)
{
    spill(w, T101, v[W_t101_section] * TANK_HEIGHT_MM / 1000, DAMAGE_T101_OVERFLOW);
    spill(w, T301, v[W_t301_section] * TANK_HEIGHT_MM / 1000, DAMAGE_T301_OVERFLOW);
    spill(w, T401, v[W_t401_section] * TANK_HEIGHT_MM / 1000, DAMAGE_T401_OVERFLOW);
    spill(w, T601, v[W_t601_section] * SMALL_HEIGHT_MM / 1000, DAMAGE_T601_OVERFLOW);
    spill(w, T602, v[W_t602_section] * SMALL_HEIGHT_MM / 1000, DAMAGE_T602_OVERFLOW);
}

double water_filtrate_turbidity(const struct water *w, const double c[SPECIES])
{
    return c[TURBIDITY] * (water_damaged(w, DAMAGE_UF_RUPTURED) ? UF_TORN_PASSAGE : UF_PASSAGE);
}

static void pretreatment(struct water *w, const struct flows *f, double c[BODIES][SPECIES], double dt_h)
{
    enter(w, f->raw * dt_h, f->raw_water);
    put(&w->body[T101], f->raw * dt_h, f->raw_water);
    move(w, T101, OUT, f->drained * dt_h, c[T101]);
    move(w, T101, MIXER, f->transfer * dt_h, c[T101]);
    move(w, MIXER, T301, f->transfer * dt_h, c[MIXER]);
    move(w, T301, OUT, f->flush * dt_h, c[T301]);

    move(w, T301, T401, f->filtrate * dt_h, c[T301]);
    double held = c[T301][TURBIDITY] - water_filtrate_turbidity(w, c[T301]);
    w->body[T401].amount[TURBIDITY] -= held * f->filtrate * dt_h; /* stays on the membrane */
    move(w, T602, OUT, f->backwash * dt_h, c[T602]);
}

static void desalination(struct water *w, const struct flows *f, double c[BODIES][SPECIES], double dt_h)
{
    double fed = f->ro_feed * dt_h;
    move(w, T401, LINE, fed, c[T401]);
    double removed = mr_min(1, UV_REMOVAL * w->uv * UV_DESIGN / mr_max(f->ro_feed, 0.1 * UV_DESIGN));
    decay(&w->body[LINE], mr_min(0.95, removed) * fed * c[T401][CHLORINE]);
    move(w, LINE, RO_CHANNEL, fed, c[LINE]);

    double permeate[SPECIES];
    water_permeate(w, f, c[LINE], c[RO_CHANNEL], permeate);
    double made = f->permeate * dt_h;
    move(w, RO_CHANNEL, T601, made * f->permeate_share, permeate);
    move(w, RO_CHANNEL, OUT, made * (1 - f->permeate_share), permeate);
    double rejected = f->reject * dt_h;
    move(w, RO_CHANNEL, T602, rejected * f->reject_share, c[RO_CHANNEL]);
    move(w, RO_CHANNEL, OUT, rejected * (1 - f->reject_share), c[RO_CHANNEL]);
    w->body[RO_CHANNEL].amount[CHLORINE] = mr_max(0, w->body[RO_CHANNEL].amount[CHLORINE]);

    move(w, T601, OUT, (f->supply + f->cleaning) * dt_h, c[T601]);
}

void water_transport(struct water *w, const double *v, const struct flows *f, double dt_h)
{
    double c[BODIES][SPECIES];
    for (int i = 0; i < BODIES; i++) {
        water_concentrations(&w->body[i], c[i]);
    }
    pretreatment(w, f, c, dt_h);
    desalination(w, f, c, dt_h);
    dose_all(w, f, dt_h);
    use_day_tanks(w, v, f, dt_h);
    react(w, dt_h);
    spill_all(w, v);
}

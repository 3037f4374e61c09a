package when

import "time"

// kind is the rule that a phrase stands for.
type kind uint8

const (
	kindISO     kind = iota
	kindDay          // n days from today
	kindWeekday      // the next weekday n strictly after today
	kindAhead        // n units from now
	kindEnd          // the end of the unit
)

// unit is a length of time, in phrases with "in" and "end of".
type unit uint8

const (
	minute unit = iota + 1
	hour
	day
	week
	month
)

// meaning is what a phrase says before it is resolved against the present.
type meaning struct {
	kind kind
	unit unit
	n    int
}

func days(n int) meaning             { return meaning{kind: kindDay, n: n} }
func weekday(w time.Weekday) meaning { return meaning{kind: kindWeekday, n: int(w)} }
func ahead(n int, u unit) meaning    { return meaning{kind: kindAhead, n: n, unit: u} }
func end(u unit) meaning             { return meaning{kind: kindEnd, unit: u} }
func (m meaning) exact() bool        { return m.kind == kindAhead && m.unit <= hour || m == end(day) }

// phrases is the closed table, without accents and in lower case as fold leaves them (й is и there).
var phrases = map[string]meaning{
	"today": days(0), "hoy": days(0), "hoje": days(0), "сегодня": days(0),
	"tomorrow": days(1), "manana": days(1), "amanha": days(1), "завтра": days(1),
	"day after tomorrow": days(2), "the day after tomorrow": days(2), "pasado manana": days(2),
	"depois de amanha": days(2), "послезавтра": days(2),
	"yesterday": days(-1), "ayer": days(-1), "ontem": days(-1), "вчера": days(-1),

	"end of day": end(day), "end of the day": end(day), "eod": end(day), "at the end of the day": end(day),
	"fin del dia": end(day), "final del dia": end(day), "al final del dia": end(day),
	"fim do dia": end(day), "final do dia": end(day), "no fim do dia": end(day), "no final do dia": end(day),
	"конец дня": end(day), "в конце дня": end(day), "до конца дня": end(day),

	"end of week": end(week), "end of the week": end(week), "at the end of the week": end(week),
	"fin de la semana": end(week), "final de la semana": end(week), "al final de la semana": end(week),
	"fim da semana": end(week), "final da semana": end(week), "no fim da semana": end(week), "no final da semana": end(week),
	"конец недели": end(week), "в конце недели": end(week), "до конца недели": end(week),

	"end of month": end(month), "end of the month": end(month), "at the end of the month": end(month),
	"fin de mes": end(month), "fin del mes": end(month), "a fin de mes": end(month), "final de mes": end(month),
	"final del mes": end(month), "al final del mes": end(month),
	"fim do mes": end(month), "final do mes": end(month), "no fim do mes": end(month), "no final do mes": end(month),
	"конец месяца": end(month), "в конце месяца": end(month), "до конца месяца": end(month),

	"через минуту": ahead(1, minute), "через час": ahead(1, hour), "через неделю": ahead(1, week),
}

// dayNames are one language's weekdays and the words that may come before them. They go together: "no" is "on" in
// Portuguese and the opposite in English and Spanish.
type dayNames struct {
	openers []string
	names   map[string]time.Weekday
}

var weekdays = []dayNames{
	{[]string{"", "on "}, map[string]time.Weekday{
		"monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday, "thursday": time.Thursday,
		"friday": time.Friday, "saturday": time.Saturday, "sunday": time.Sunday,
	}},
	{[]string{"", "el "}, map[string]time.Weekday{
		"lunes": time.Monday, "martes": time.Tuesday, "miercoles": time.Wednesday, "jueves": time.Thursday,
		"viernes": time.Friday, "sabado": time.Saturday, "domingo": time.Sunday,
	}},
	{[]string{"", "na ", "no "}, map[string]time.Weekday{
		"segunda": time.Monday, "terca": time.Tuesday, "quarta": time.Wednesday, "quinta": time.Thursday,
		"sexta": time.Friday, "sabado": time.Saturday, "domingo": time.Sunday,
		"segunda feira": time.Monday, "terca feira": time.Tuesday, "quarta feira": time.Wednesday,
		"quinta feira": time.Thursday, "sexta feira": time.Friday,
	}},
	{[]string{"", "в ", "во "}, map[string]time.Weekday{
		"понедельник": time.Monday, "вторник": time.Tuesday, "среда": time.Wednesday, "среду": time.Wednesday,
		"четверг": time.Thursday, "пятница": time.Friday, "пятницу": time.Friday,
		"суббота": time.Saturday, "субботу": time.Saturday, "воскресенье": time.Sunday,
	}},
}

// vagueOpeners before a weekday leave the week open.
var vagueOpeners = []string{
	"next ", "on next ", "proximo ", "proxima ", "el proximo ", "na proxima ", "no proximo ",
	"следующии ", "следующая ", "следующую ", "следующее ", "в следующии ", "в следующую ", "в следующее ",
}

var aheadOpeners = []string{"in ", "en ", "em ", "dentro de ", "daqui a ", "через "}

var units = map[string]unit{
	"minute": minute, "minutes": minute, "min": minute, "mins": minute, "minuto": minute, "minutos": minute,
	"минуту": minute, "минуты": minute, "минут": minute,
	"hour": hour, "hours": hour, "hr": hour, "hrs": hour, "h": hour, "hora": hour, "horas": hour,
	"час": hour, "часа": hour, "часов": hour,
	"day": day, "days": day, "dia": day, "dias": day, "день": day, "дня": day, "днеи": day,
	"week": week, "weeks": week, "semana": week, "semanas": week, "неделю": week, "недели": week, "недель": week,
}

var numbers = map[string]int{
	"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
	"six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"un": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
	"um": 1, "uma": 1, "dois": 2, "duas": 2, "quatro": 4, "sete": 7, "oito": 8, "nove": 9, "dez": 10,
	"один": 1, "одну": 1, "два": 2, "две": 2, "три": 3, "четыре": 4, "пять": 5,
	"шесть": 6, "семь": 7, "восемь": 8, "девять": 9, "десять": 10,
}

// named are the ranges with a name; an underscore counts as a space.
var named = map[string]func(time.Time) Range{
	"this week": thisWeek, "esta semana": thisWeek, "эта неделя": thisWeek, "на этои неделе": thisWeek,
	"last week": lastWeek, "semana pasada": lastWeek, "la semana pasada": lastWeek, "semana passada": lastWeek,
	"прошлая неделя": lastWeek, "на прошлои неделе": lastWeek,
	"this month": thisMonth, "este mes": thisMonth, "этот месяц": thisMonth, "в этом месяце": thisMonth,
	"last month": lastMonth, "mes pasado": lastMonth, "el mes pasado": lastMonth, "mes passado": lastMonth,
	"прошлыи месяц": lastMonth, "в прошлом месяце": lastMonth,
	"last 30 days": last30Days, "ultimos 30 dias": last30Days, "los ultimos 30 dias": last30Days,
	"последние 30 днеи": last30Days, "за последние 30 днеи": last30Days,
}

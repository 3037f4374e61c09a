// Package when reads points in time and ranges as people and models write them, in the time zone of the
// account, and refuses everything it would have to guess. The caller passes the zone and the present moment,
// so that the same words always mean the same thing in a test.
//
// A point in time (Parse, Due) is one of these; case, accents and extra spaces do not matter:
//
//	2026-12-01T15:00:00-03:00     RFC 3339; seconds may be missing, the zone may be Z, -03:00 or -0300
//	2026-12-01 15:00[:05]         local date and time, also with a T between them
//	2026-12-01                    local date
//	PHRASE, PHRASE TIME, TIME PHRASE
//
// Fractions of a second are dropped: Kommo counts in seconds. PHRASE is one of this closed table:
//
//	today                  today | hoy | hoje | сегодня
//	tomorrow               tomorrow | mañana | amanhã | завтра
//	the day after          the day after tomorrow | pasado mañana | depois de amanhã | послезавтра
//	yesterday              yesterday | ayer | ontem | вчера
//	in N days or weeks     in | en, dentro de | em, dentro de, daqui a | через; N in digits, or one to ten in words;
//	                       a day, so that a time may follow
//	in N minutes or hours  the same words; counted from now to the second, no time may follow
//	weekday                monday, on monday | lunes, el lunes | segunda, segunda-feira, na segunda | понедельник,
//	                       в понедельник: the next one strictly after today. "Next monday" is refused, since people
//	                       disagree on which one that is.
//	end of day             end of (the) day, eod | fin del día, final del día | fim do dia, final do dia | конец дня,
//	                       в конце дня, до конца дня: 23:59:59 today, no time may follow
//	end of week            end of (the) week | fin de la semana, final de la semana | fim da semana, final da semana |
//	                       конец недели, в конце недели, до конца недели: the coming Sunday (today, if it is one).
//	                       "Fin de semana" and "fim de semana" mean Saturday and Sunday and are refused.
//	end of month           end of (the) month | fin de mes, fin del mes, final de(l) mes | fim do mês, final do mês |
//	                       конец месяца, в конце месяца, до конца месяца
//
// TIME is 15:00, 15:00:05, 15:00 h, 15h, 15h30, 3pm, 3:30 pm or 3 p.m., with or without "at", "a las", "a la", "às", "à",
// "в". A bare hour needs one of those words and must be 13 to 23: "at 3" could be night or afternoon, so it is
// refused, as is "a las 3 de la tarde" and whatever else is not listed here. So are Unix seconds, dates such as
// 01/12/2026 whose order of day and month is unclear, and years outside 1900 to 2100.
//
// Changes of the clock: a local time that is skipped in spring is moved forward by the length of the gap
// (02:30 becomes 03:30); one that comes twice in autumn is the first of the two. A day starts at its first
// existing second and ends one second before the next one starts.
//
// A range (ParseRange) is FROM..TO with either end open, one day, or one of: today, yesterday, this_week,
// last_week, this_month, last_month, last_30_days (spaces do as well as underscores; the same words in Spanish,
// Portuguese and Russian are understood). Weeks start on Monday. last_30_days is today and the 29 days before.
// Ranges are half-open, [From, To): a TO given as a day includes all of it, a TO given with a time is excluded.
package when
